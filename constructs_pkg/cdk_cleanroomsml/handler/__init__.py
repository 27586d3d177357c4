"""The Lambda function. Start reading in `main`."""

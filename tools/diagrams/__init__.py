"""The diagrams of docs/: their sources are docs/diagrams/*.d2, `make diagrams` draws them."""

"""The same work, done with this library and with what people would write instead."""

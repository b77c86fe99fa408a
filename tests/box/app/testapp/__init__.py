"""The test application; __main__.py tells what it can do."""

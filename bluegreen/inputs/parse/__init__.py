"""One function for each syntax an input can have: text in, a value out, or a ValueError whose every line is one problem."""

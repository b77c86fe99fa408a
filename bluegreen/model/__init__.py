"""The nouns: frozen values and enums that every room speaks of."""

"""How the settings say what they hold."""

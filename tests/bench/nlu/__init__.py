"""Our understanding beside Rasa's, on the same files in one run."""

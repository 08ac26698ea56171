"""Sentence embeddings behind one small port: texts of like meaning lie close, in a hundred languages."""

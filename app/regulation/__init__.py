"""The articles: a folder is an article, a function a point of it (README.md maps them)."""

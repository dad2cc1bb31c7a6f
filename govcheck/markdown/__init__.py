"""What Markdown documents say, by CommonMark 0.31 and GitHub's extensions, with exact places."""

ENDINGS = (".md", ".markdown", ".mdx", ".MD", ".qmd")

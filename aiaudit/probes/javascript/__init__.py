"""JavaScript and TypeScript, read by ast-grep (tree-sitter); imported only where such files stand."""

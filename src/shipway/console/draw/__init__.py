"""Pictures that the server draws as SVG: no script, no layout in the browser, every part with its name."""

"""Settings of the site; see https://www.sphinx-doc.org/en/master/usage/configuration.html."""

import mlrg

project = "mlrg"
author = "the authors of mlrg"
version = release = mlrg.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinxcontrib.bibtex",
    "sphinx_copybutton",
    "sphinx-mathjax-offline",
]
exclude_patterns = ["_build"]
bibtex_bibfiles = ["references.bib"]
bibtex_reference_style = "author_year"

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
# Reports are printed by programs and begin their sections where they like.
suppress_warnings = ["myst.header", "mystnb.unknown_mime_type", "myst-nb.lexer"]

nb_execution_mode = "cache"
nb_execution_timeout = 300
nb_execution_raise_on_error = True
nb_merge_streams = True

autosummary_generate = True
autodoc_member_order = "bysource"
autodoc_typehints = "none"
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True

html_theme = "furo"
html_title = f"mlrg {version}"
html_copy_source = html_show_sourcelink = html_show_copyright = False

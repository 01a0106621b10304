"""The plots of the site, as SVG."""

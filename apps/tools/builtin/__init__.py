"""The tools that come with the product; a further file here is a further tool."""

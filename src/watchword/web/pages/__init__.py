"""The pages: portal, guide, GraphiQL and console. Loaded when the first of them is asked for."""

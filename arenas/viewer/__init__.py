"""The live viewer in a browser tab: scene, controls, and the window of `render_mode="human"`; it needs viser."""

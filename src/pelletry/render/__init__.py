"""FigureSpec and Table to pictures and text. The only room that imports a plotting library."""

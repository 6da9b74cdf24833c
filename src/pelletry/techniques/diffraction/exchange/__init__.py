"""The same model in the words of other programs, so that a doubter runs it elsewhere; and their instrument files, where plain text."""

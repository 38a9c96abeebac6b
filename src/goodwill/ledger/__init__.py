"""Third floor: the book one writes in and reads from, and the ports that it needs. Imports the floors below."""

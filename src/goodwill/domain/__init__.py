"""Ground floor: what happened and how it adds up. Imports the standard library, pydantic and dateutil only."""

"""The log written on to SQL, and what SQL has: sessions opened again, and their history."""

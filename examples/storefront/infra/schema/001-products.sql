CREATE TABLE product (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  price_cents INTEGER NOT NULL CHECK (price_cents >= 0)
) STRICT;

INSERT INTO product (name, price_cents) VALUES
  ('Relay baton, aluminium', 1450),
  ('Relay baton, wood', 1900),
  ('Starting blocks', 8900);

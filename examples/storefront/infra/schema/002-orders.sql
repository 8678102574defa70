CREATE TABLE customer_order (
  id INTEGER PRIMARY KEY,
  product_id INTEGER NOT NULL REFERENCES product (id),
  quantity INTEGER NOT NULL CHECK (quantity > 0),
  placed_at TEXT NOT NULL DEFAULT (datetime('now'))
) STRICT;

ALTER TABLE orders ADD COLUMN phone text;

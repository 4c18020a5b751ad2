CREATE TABLE orders (id text PRIMARY KEY, legacy text);
CREATE TABLE messages (
  id bigserial PRIMARY KEY,
  order_id text NOT NULL,
  taken int NOT NULL DEFAULT 0,
  taken_by text,
  taken_at timestamptz,
  settled int NOT NULL DEFAULT 0
);
CREATE INDEX messages_to_take ON messages (id) WHERE taken = 0;
CREATE TABLE runs (version text NOT NULL, began_at timestamptz NOT NULL);

import { DynamoDBClient, GetItemCommand, ScanCommand, TransactWriteItemsCommand } from "@aws-sdk/client-dynamodb";

/** Products and orders in DynamoDB; the names of their tables. */
export function tables({ products, orders }, client = new DynamoDBClient({})) {
  return {
    async products() {
      const found = [];
      let from;
      do {
        const page = await client.send(new ScanCommand({ TableName: products, ExclusiveStartKey: from }));
        found.push(...(page.Items ?? []).map(productOf));
        from = page.LastEvaluatedKey;
      } while (from !== undefined);
      return found.sort((a, b) => a.name.localeCompare(b.name, "en"));
    },

    async product(id) {
      const { Item } = await client.send(new GetItemCommand({ TableName: products, Key: { id: { S: id } } }));
      return Item && productOf(Item);
    },

    /** Keeps the order and takes its goods from the stock, both or neither; false when there are too few left. */
    async place({ id, product, quantity, priceCents }) {
      const take = {
        TableName: products,
        Key: { id: { S: product } },
        UpdateExpression: "SET stock = stock - :quantity",
        ConditionExpression: "stock >= :quantity",
        ExpressionAttributeValues: { ":quantity": { N: String(quantity) } },
      };
      const keep = {
        TableName: orders,
        Item: {
          id: { S: id },
          product: { S: product },
          quantity: { N: String(quantity) },
          priceCents: { N: String(priceCents) },
          placedAt: { S: new Date().toISOString() },
        },
      };
      try {
        await client.send(new TransactWriteItemsCommand({ TransactItems: [{ Update: take }, { Put: keep }] }));
        return true;
      } catch (error) {
        if (error.name === "TransactionCanceledException") return false;
        throw error;
      }
    },
  };
}

const productOf = ({ id, name, priceCents, stock }) => ({
  id: id.S,
  name: name.S,
  priceCents: Number(priceCents.N),
  stock: Number(stock.N),
});

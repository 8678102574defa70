import { plainItems } from "./items.mjs";

/** All items as JSON. The SDK is part of Lambda's Node.js. */
export const handler = async () => {
  const { DynamoDBClient, ScanCommand } = await import("@aws-sdk/client-dynamodb");
  const { Items = [] } = await new DynamoDBClient().send(new ScanCommand({ TableName: process.env.TABLE }));
  return { statusCode: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(plainItems(Items)) };
};

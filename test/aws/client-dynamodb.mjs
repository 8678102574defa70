/** The part of the runtime's own `@aws-sdk/client-dynamodb` that functions in our examples use, over the real protocol. */
export class DynamoDBClient {
  async send({ operation, input }) {
    const region = process.env.AWS_REGION;
    const response = await fetch(process.env.AWS_ENDPOINT_URL, {
      method: "POST",
      headers: {
        "content-type": "application/x-amz-json-1.0",
        "x-amz-target": `DynamoDB_20120810.${operation}`,
        authorization: `AWS4-HMAC-SHA256 Credential=test/20260101/${region}/dynamodb/aws4_request, SignedHeaders=host, Signature=0`,
      },
      body: JSON.stringify(input),
    });
    const answer = await response.json();
    if (response.ok) return answer;
    throw Object.assign(new Error(answer.message ?? answer.Message), { name: answer.__type.split("#").at(-1) });
  }
}

class Command {
  constructor(input) {
    this.input = input;
    this.operation = new.target.name.replace("Command", "");
  }
}

export class GetItemCommand extends Command {}
export class ScanCommand extends Command {}
export class TransactWriteItemsCommand extends Command {}

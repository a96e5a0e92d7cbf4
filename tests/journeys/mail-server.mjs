// A mail server on a loopback port: a separate program, so that it can be killed. It accepts every
// email and prints each as a line of JSON.

import PostalMime from 'postal-mime';
import { SMTPServer } from 'smtp-server';

const server = new SMTPServer({
  authOptional: true,
  disabledCommands: ['AUTH', 'STARTTLS'],
  onData: async (stream, session, taken) => {
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    const { subject, messageId, text } = await PostalMime.parse(Buffer.concat(chunks));
    const to = session.envelope.rcptTo.map(({ address }) => address).join();
    process.stdout.write(`${JSON.stringify({ to, subject, messageId, text })}\n`);
    taken();
  },
});
server.listen(Number(process.argv[2]), '127.0.0.1', () => process.stdout.write('{"ready":true}\n'));

/** Two streams, each the other end of the other (Node 20 has no stream.duplexPair). */
import { Duplex } from 'node:stream';

export function duplexPair(): [Duplex, Duplex] {
  const make = (other: () => Duplex) =>
    new Duplex({
      read: () => undefined,
      write: (chunk, _encoding, done) => {
        other().push(chunk);
        done();
      },
    });
  const ours: Duplex = make(() => theirs);
  const theirs: Duplex = make(() => ours);
  return [ours, theirs];
}

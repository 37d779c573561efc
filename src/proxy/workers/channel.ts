import {fromSentError, type OwnerMessage, type Question, type WorkerMessage} from './messages.js';

/** A worker's owner, as the worker sees it. */
export type Owner<Note> = {
  /** Rejects with what kept the owner from it. */
  ask(question: Question): Promise<unknown>;
  /** Tells without waiting. */
  note(note: Note): void;
};

export type Channel<Note> = Owner<Note> & {
  /** Hands an answer to whoever asked. */
  settle(message: Extract<OwnerMessage<never>, {type: 'answer' | 'refusal'}>): void;
};

/** Questions and their answers, which may come in any order. */
export function createChannel<Note>(send: (message: WorkerMessage<Note>) => void): Channel<Note> {
  const asked = new Map<number, PromiseWithResolvers<unknown>>();
  let lastId = 0;
  return {
    ask(question) {
      const waiting = Promise.withResolvers<unknown>();
      lastId += 1;
      asked.set(lastId, waiting);
      send({type: 'ask', id: lastId, question});
      return waiting.promise;
    },
    note: note => send({type: 'note', note}),
    settle(message) {
      const waiting = asked.get(message.id);
      asked.delete(message.id);
      if (message.type === 'answer') waiting?.resolve(message.value);
      else waiting?.reject(fromSentError(message.error));
    },
  };
}

// Which names stand for a secret. They are compared without case and without what joins their words, so that
// `access_token`, `accessToken` and `Access-Token` are one.

/** Where a name stands: short words are secrets in some places and everyday words in others. */
export type Place = 'field' | 'query' | 'form' | 'request-json' | 'response-json';

export type SecretNames = {
  /** Whether what is called that in that place is a secret. */
  has(place: Place, name: string): boolean;
};

/** What ends like this is a secret everywhere: `csrf_token`, `client_secret`, `X-Api-Key`, `db_password`. */
const SECRET_END =
  /(?:token|secret|passw(?:or)?d|passphrase|passcode|apikey|accesskey|privatekey|secretkey|signingkey|authkey|signature|credentials?|jwt|bearer|assertion)$/;
/** And what has this within: `password_confirmation`, `newPassword2`, `x-hub-signature-256`. */
const SECRET_PART = /password|passwd|clientsecret|hubsignature/;
/** Too short to be looked for as the end of others. */
const SECRET_WORDS = new Set(
  'pwd pass auth authorization proxyauthorization sig hmac otp totp pin cvv cvc session sessionid sid csrf xsrf ssn'.split(
    ' ',
  ),
);
/** An OAuth grant, a sign-in by mail; and in an answer, the code of an error. */
const CODE = 'code';

/** `extra`: names that a project has for secrets of its own; whole ones. */
export function createSecretNames(extra: readonly string[]): SecretNames {
  const own = new Set(extra.map(joined));
  return {
    has(place, name) {
      const word = joined(name);
      if (SECRET_END.test(word) || SECRET_PART.test(word) || SECRET_WORDS.has(word) || own.has(word)) return true;
      return word === CODE && place !== 'field' && place !== 'response-json';
    },
  };
}

const joined = (name: string): string => name.toLowerCase().replace(/[-_.\s[\]]/g, '');

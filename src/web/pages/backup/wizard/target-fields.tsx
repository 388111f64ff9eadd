import { useId } from 'preact/hooks';
import { Command } from '../../../components/command.tsx';
import { setQuery } from '../../../router.ts';
import { shellWord } from '../../../shell-word.ts';
import { needsPassword, type TargetChoice, targetFile, targetLogins, targetProblem, targetUri } from './target-uri.ts';

interface TargetProps {
  readonly target: TargetChoice;
}

/** Where it is written to, and how one signs in there. */
export function TargetFields({ target }: TargetProps) {
  const id = useId();
  const { hosts, login, user } = target;
  const problem = targetProblem(target);
  return (
    <>
      <div class="field">
        <label for={id}>Target</label>
        <input
          key={hosts}
          id={id}
          class="wide"
          defaultValue={hosts}
          placeholder="db1.example.net:27017"
          spellcheck={false}
          autocomplete="off"
          aria-invalid={problem !== null}
          aria-describedby={`${id}-help`}
          onChange={(event) => setQuery('to', event.currentTarget.value.trim() || null)}
        />
        {problem === null ? (
          <p class="help" id={`${id}-help`}>
            A mongod or all members of a replica set, separated by commas; no mongos.
          </p>
        ) : (
          <p class="error-line" id={`${id}-help`} role="alert">
            {problem}
          </p>
        )}
      </div>
      <label class="field">
        <span>Login of the target</span>
        <select
          value={login}
          onChange={(event) => {
            const { value } = event.currentTarget;
            setQuery('login', value === 'none' ? null : value);
          }}
        >
          {targetLogins.map(([name, words]) => (
            <option key={name} value={name}>
              {words}
            </option>
          ))}
        </select>
      </label>
      {needsPassword(login) && (
        <label class="field">
          <span>User of the target</span>
          <input
            key={user}
            defaultValue={user}
            placeholder="restorer"
            spellcheck={false}
            autocomplete="off"
            onChange={(event) => setQuery('user', event.currentTarget.value || null)}
          />
        </label>
      )}
      {login === 'MONGODB-X509' && (
        <p class="help">
          client.pem holds the certificate and its key, ca.pem the authority of the target: put their paths in the line.
        </p>
      )}
    </>
  );
}

/** The password is typed into a file that nobody else can read; the page never sees it. */
export function TargetFileStep({ target }: TargetProps) {
  if (!needsPassword(target.login)) return null;
  const uri = targetUri(target);
  const lines = `(umask 077; printf '%s\\n' ${shellWord(uri)} > ${targetFile})`;
  return (
    <>
      <h3>The target's address, in a file</h3>
      <Command text={lines} label="Copy the file of the address" />
      <p class="help">
        Then put the password in the place of PASSWORD with an editor; of : / ? # [ ] @ % in it write the percent code,
        as %40 for @.{target.login === 'PLAIN' && ' ca.pem is the authority of the target.'}
      </p>
    </>
  );
}

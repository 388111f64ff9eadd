import { useContext } from 'preact/hooks';
import { send } from '../api.ts';
import { groupPath } from '../router.ts';
import { GroupContext, useSession } from '../session.ts';
import { toggleTheme } from '../theme.ts';
import { Icon } from './icon.tsx';
import { useMenu } from './menu.ts';

/** At the person's own name: the account, the instance for administrators, the way out; on small screens the groups too. */
export function PersonMenu() {
  const { session } = useSession();
  const here = useContext(GroupContext)?.groupId;
  const { open, setOpen, box } = useMenu();
  const close = () => setOpen(false);
  const { email, administrator } = session.user;
  const leave = async () => {
    await send('DELETE', '/session').catch(() => {});
    location.assign('/sign-in');
  };
  return (
    <div class="person-box" ref={box}>
      <button
        type="button"
        class="quiet person"
        aria-expanded={open}
        aria-label={`${email}: account and sign-out`}
        onClick={() => setOpen(!open)}
      >
        <Icon name="person" />
        <span class="clip">{email}</span>
      </button>
      {open && (
        <div class="menu">
          <div class="groups">
            {session.groups.map(({ id, name }) => (
              <a key={id} href={groupPath(id)} aria-current={id === here} onClick={close}>
                <span class="clip">{name}</span>
              </a>
            ))}
          </div>
          <p class="small sub clip">{email}</p>
          <a href="/account" onClick={close}>
            <Icon name="person" />
            Account
          </a>
          {administrator && (
            <a href="/instance" onClick={close}>
              <Icon name="settings" />
              Instance
            </a>
          )}
          <button type="button" class="theme-item" onClick={toggleTheme}>
            <Icon name="theme" />
            Light or dark
          </button>
          <button type="button" onClick={() => void leave()}>
            <Icon name="leave" />
            Sign out
          </button>
        </div>
      )}
    </div>
  );
}

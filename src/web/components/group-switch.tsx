import { useEffect, useRef, useState } from 'preact/hooks';
import { send } from '../api.ts';
import { groupPath, navigate } from '../router.ts';
import { useGroup } from '../session.ts';
import { toggleTheme } from '../theme.ts';
import { Icon } from './icon.tsx';

/** The group on screen; opens the list of groups, and the way out. `compact`: an icon, where the side has no room. */
export function GroupSwitch({ compact = false }: { readonly compact?: boolean }) {
  const { session, groupId, groupName } = useGroup();
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!open) return;
    const close = (event: Event) => {
      if (event instanceof KeyboardEvent ? event.key === 'Escape' : !box.current?.contains(event.target as Node))
        setOpen(false);
    };
    addEventListener('pointerdown', close);
    addEventListener('keydown', close);
    return () => {
      removeEventListener('pointerdown', close);
      removeEventListener('keydown', close);
    };
  }, [open]);
  const leave = async () => {
    await send('DELETE', '/session').catch(() => {});
    location.assign('/sign-in');
  };
  return (
    <div class={compact ? 'group-box compact' : 'group-box'} ref={box}>
      <button
        type="button"
        class={compact ? 'quiet icon' : 'group'}
        aria-expanded={open}
        aria-label={`Group: ${groupName}. Change or sign out`}
        onClick={() => setOpen(!open)}
      >
        {compact ? (
          <Icon name="person" />
        ) : (
          <>
            <span class="clip">{groupName}</span>
            <Icon name="down" />
          </>
        )}
      </button>
      {open && (
        <div class="menu">
          {session.groups.map(({ id, name }) => (
            <button
              type="button"
              key={id}
              aria-current={id === groupId}
              onClick={() => {
                setOpen(false);
                navigate(groupPath(id));
              }}
            >
              <span class="clip">{name}</span>
            </button>
          ))}
          <p class="small sub clip">{session.user.email}</p>
          {compact && (
            <button type="button" class="theme-item" onClick={toggleTheme}>
              <Icon name="theme" />
              Light or dark
            </button>
          )}
          <button type="button" onClick={() => void leave()}>
            <Icon name="leave" />
            Sign out
          </button>
        </div>
      )}
    </div>
  );
}

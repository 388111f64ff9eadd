import { groupPath } from '../router.ts';
import { useGroup } from '../session.ts';
import { Icon } from './icon.tsx';
import { useMenu } from './menu.ts';

/** The group on screen; opens the list of groups. */
export function GroupSwitch() {
  const { session, groupId, groupName } = useGroup();
  const { open, setOpen, box } = useMenu();
  return (
    <div class="group-box" ref={box}>
      <button
        type="button"
        class="group"
        aria-expanded={open}
        aria-label={`Group: ${groupName}. Change`}
        onClick={() => setOpen(!open)}
      >
        <span class="clip">{groupName}</span>
        <Icon name="down" />
      </button>
      {open && (
        <div class="menu">
          {session.groups.map(({ id, name }) => (
            <a key={id} href={groupPath(id)} aria-current={id === groupId} onClick={() => setOpen(false)}>
              <span class="clip">{name}</span>
            </a>
          ))}
        </div>
      )}
    </div>
  );
}

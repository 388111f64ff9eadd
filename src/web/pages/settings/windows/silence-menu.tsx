import type { WindowTarget } from '../../../../wire/api/notifiers.ts';
import { send } from '../../../api.ts';
import { useAction } from '../../../components/action.ts';
import { ErrorBox } from '../../../components/error-box.tsx';
import { Icon } from '../../../components/icon.tsx';
import { useMenu } from '../../../components/menu.ts';
import { useGroup } from '../../../session.ts';
import { nowFor } from './now-for.ts';

interface SilenceMenuProps {
  readonly word: string;
  /** Of what it is, for the name of the window: a host, a set, the whole group. */
  readonly what: string;
  readonly target: WindowTarget;
  readonly onMade: () => void;
}

const choices = [
  [0.5, '30 minutes'],
  [2, '2 hours'],
  [8, '8 hours'],
  [24, '1 day'],
] as const;

/** Maintenance from now on, in two clicks. Nothing for those who may not. */
export function SilenceMenu({ word, what, target, onMade }: SilenceMenuProps) {
  const { groupId, may } = useGroup();
  const { open, setOpen, box } = useMenu();
  const silence = useAction(async (hours: number) => {
    setOpen(false);
    const body = { name: `Work on ${what}`.slice(0, 200), times: nowFor(hours), target };
    await send('POST', `/groups/${groupId}/maintenance-windows`, body);
    onMade();
  });
  if (!may('monitoring.write')) return null;
  return (
    <div class="menu-box" ref={box}>
      <button
        type="button"
        aria-expanded={open}
        disabled={silence.busy}
        aria-label={`${word}: ${what}`}
        onClick={() => setOpen(!open)}
      >
        {word}
        <Icon name="down" />
      </button>
      {open && (
        <div class="menu">
          <p class="small sub">Nobody is told for</p>
          {choices.map(([hours, words]) => (
            <button key={hours} type="button" onClick={() => silence.run(hours)}>
              {words}
            </button>
          ))}
        </div>
      )}
      {silence.error !== null && <ErrorBox error={silence.error} />}
    </div>
  );
}

import { AppError, toAppError } from '../runtime/errors.ts';
import type { AgentOrder, DoctorStep } from '../wire/agent-messages.ts';
import { examineHost } from './doctor-host.ts';
import { monitoringNeeds } from './doctor-monitoring.ts';
import { DoctorSteps } from './doctor-steps.ts';
import type { RawReplies } from './raw-replies.ts';
import type { ServerLink } from './server-link.ts';
import type { TargetSet } from './target-set.ts';

interface OrderParts {
  readonly targets: TargetSet;
  readonly replies: RawReplies;
  readonly link: ServerLink;
  readonly signal: AbortSignal;
}

/** Does what the server asked for and answers: a doctor's steps as they tick, raw replies at once. */
export async function answerOrder(order: AgentOrder, parts: OrderParts): Promise<void> {
  const { link, replies } = parts;
  const { orderId, hostId } = order;
  if (order.kind === 'rawReplies') {
    await link.answer({ orderId, done: true, rawReplies: replies.read(hostId) });
    return;
  }
  try {
    await doctor(orderId, hostId, parts);
  } catch (thrown) {
    const { code, message, hint } = toAppError(thrown);
    await link.answer({ orderId, done: true, error: { code, message, hint } });
  }
}

async function doctor(orderId: string, hostId: string, { targets, link, signal }: OrderParts): Promise<void> {
  const connection = targets.connection(hostId);
  if (connection === undefined) throw new AppError('NOT_FOUND', 'the agent does not watch this host');
  let told = Promise.resolve();
  // In order, one after the other; a step that is not told in time is told with the next.
  let waiting: DoctorStep[] = [];
  const send = async (): Promise<void> => {
    if (waiting.length === 0) return;
    const steps = waiting;
    waiting = [];
    await link.answer({ orderId, done: false, doctor: steps });
  };
  const steps = new DoctorSteps((step) => {
    waiting = [...waiting.filter((known) => known.step !== step.step), step];
    told = told.then(send).catch(() => undefined);
  });
  await examineHost({ connection, logins: targets.logins, needs: monitoringNeeds }, steps, signal);
  await told;
  await link.answer({ orderId, done: true, doctor: waiting });
}

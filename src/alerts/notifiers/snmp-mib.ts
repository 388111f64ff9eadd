/** Below netSnmpPlaypen (1.3.6.1.4.1.8072.9999.9999), which Net-SNMP sets aside for everybody. */
const root = '1.3.6.1.4.1.8072.9999.9999.5323';

export const trapOids = {
  opened: `${root}.0.1`,
  stillOpen: `${root}.0.2`,
  acknowledged: `${root}.0.3`,
  closed: `${root}.0.4`,
  several: `${root}.0.5`,
  test: `${root}.0.6`,
} as const;
export const objectOids = {
  alertId: `${root}.1.1.0`,
  severity: `${root}.1.2.0`,
  title: `${root}.1.3.0`,
  detail: `${root}.1.4.0`,
  subject: `${root}.1.5.0`,
  rule: `${root}.1.6.0`,
  group: `${root}.1.7.0`,
  link: `${root}.1.8.0`,
  openedAt: `${root}.1.9.0`,
} as const;

const texts = [
  ['lwAlertId', 'The same in all notifications of one alert; empty when several are told of at once.'],
  ['lwAlertSeverity', 'bad or warn.'],
  ['lwAlertTitle', 'What is wrong, with the value.'],
  ['lwAlertDetail', 'Since when, and the next step.'],
  ['lwAlertSubject', 'The host, replica set, cluster or agent that it is about.'],
  ['lwAlertRule', 'The name of the rule.'],
  ['lwAlertGroup', 'The name of the group.'],
  ['lwAlertLink', 'The address of the page of alerts.'],
  ['lwAlertOpenedAt', 'When it opened: ISO 8601, UTC.'],
] as const;
const traps = [
  ['lwAlertOpened', 'An alert opened.'],
  ['lwAlertStillOpen', 'An alert is still open.'],
  ['lwAlertAcknowledged', 'Somebody has an alert in hand.'],
  ['lwAlertClosed', 'An alert is over.'],
  ['lwAlertsSeveral', 'Several alerts at once; lwAlertTitle counts them.'],
  ['lwAlertTest', 'A test from the page.'],
] as const;

/** LEAFWARD-MIB, as it is offered for download. */
export const leafwardMib = `LEAFWARD-MIB DEFINITIONS ::= BEGIN

IMPORTS
    MODULE-IDENTITY, OBJECT-TYPE, NOTIFICATION-TYPE FROM SNMPv2-SMI
    MODULE-COMPLIANCE, OBJECT-GROUP, NOTIFICATION-GROUP FROM SNMPv2-CONF
    SnmpAdminString FROM SNMP-FRAMEWORK-MIB
    netSnmpPlaypen FROM NET-SNMP-MIB;

leafwardMIB MODULE-IDENTITY
    LAST-UPDATED "202611210000Z"
    ORGANIZATION "Leafward"
    CONTACT-INFO "The administrator of the Leafward server"
    DESCRIPTION  "Notifications of alerts of Leafward, which watches and backs up MongoDB."
    REVISION     "202611210000Z"
    DESCRIPTION  "The first version."
    ::= { netSnmpPlaypen 5323 }

lwNotifications OBJECT IDENTIFIER ::= { leafwardMIB 0 }
lwObjects       OBJECT IDENTIFIER ::= { leafwardMIB 1 }
lwConformance   OBJECT IDENTIFIER ::= { leafwardMIB 2 }

${texts.map(([name, words], index) => objectType(name, words, index + 1)).join('\n')}
${traps.map(([name, words], index) => notificationType(name, words, index + 1)).join('\n')}
lwObjectGroup OBJECT-GROUP
    OBJECTS { ${texts.map(([name]) => name).join(', ')} }
    STATUS current
    DESCRIPTION "What every notification carries."
    ::= { lwConformance 1 }

lwNotificationGroup NOTIFICATION-GROUP
    NOTIFICATIONS { ${traps.map(([name]) => name).join(', ')} }
    STATUS current
    DESCRIPTION "All notifications."
    ::= { lwConformance 2 }

lwCompliance MODULE-COMPLIANCE
    STATUS current
    DESCRIPTION "Every Leafward server sends all of these."
    MODULE
        MANDATORY-GROUPS { lwObjectGroup, lwNotificationGroup }
    ::= { lwConformance 3 }

END
`;

function objectType(name: string, words: string, index: number): string {
  return `${name} OBJECT-TYPE
    SYNTAX SnmpAdminString (SIZE (0..255))
    MAX-ACCESS accessible-for-notify
    STATUS current
    DESCRIPTION "${words}"
    ::= { lwObjects ${index} }
`;
}

function notificationType(name: string, words: string, index: number): string {
  return `${name} NOTIFICATION-TYPE
    OBJECTS { ${texts.map(([object]) => object).join(', ')} }
    STATUS current
    DESCRIPTION "${words}"
    ::= { lwNotifications ${index} }
`;
}

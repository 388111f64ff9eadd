import { type ServiceName, type ServicePlace, usualPlace } from './service-files.ts';

/** Where `install` puts a service on Linux or macOS, beside what packages put there: the program comes from no package. */
export function installPlace(service: ServiceName, system: 'linux' | 'darwin'): ServicePlace {
  const usual = usualPlace(service);
  if (system === 'linux') return { ...usual, binary: '/usr/local/bin/leafward' };
  return {
    binary: '/usr/local/bin/leafward',
    settings: `/usr/local/etc/leafward/${service}.config`,
    user: '_leafward',
    stateFolder: `/usr/local/var/lib/leafward/${service}`,
    logFolder: '/usr/local/var/log/leafward',
  };
}

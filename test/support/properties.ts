import fc from 'fast-check';

// The same cases in each run: a test of whoever changed nothing cannot fail by luck. Others with LEAFWARD_TEST_SEED.
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(process.env['LEAFWARD_TEST_SEED'] ?? 20_261_121) });

export { fc };

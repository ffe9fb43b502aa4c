// Runs a nodejs handler in a sandbox: node bootstrap_node.js <socket fd>
//
// The CDK's Provider framework answers CloudFormation with https.request({hostname, path}) and drops
// scheme and port of the response URL, so https requests to "localhost" go to the embedded AWS.
'use strict';
const fs = require('fs');
const http = require('http');
const https = require('https');
const net = require('net');
const path = require('path');
const { pathToFileURL } = require('url');

const env = process.env;
const endpoint = new URL(env.AWS_ENDPOINT_URL);

function redirected(original, plain) {
  return function (first, ...rest) {
    let options = typeof first === 'string' ? new URL(first) : first;
    if (options instanceof URL) {
      options = { hostname: options.hostname, path: options.pathname + options.search };
      if (rest.length && typeof rest[0] === 'object') Object.assign(options, rest.shift());
    }
    const host = (options.hostname || options.host || '').split(':')[0];
    if (host !== 'localhost') return original.call(https, first, ...rest);
    const local = { ...options, protocol: 'http:', host: undefined, hostname: '127.0.0.1' };
    return plain({ ...local, port: endpoint.port, agent: undefined }, ...rest);
  };
}
https.request = redirected(https.request, http.request);
https.get = redirected(https.get, http.get);
require('module').syncBuiltinESMExports();

const channel = new net.Socket({ fd: Number(process.argv[2]), readable: true, writable: true });

function send(kind, value) {
  const payload = Buffer.from(JSON.stringify(value === undefined ? null : value));
  const head = Buffer.alloc(5);
  head.write(kind, 0, 'latin1');
  head.writeUInt32BE(payload.length, 1);
  channel.write(Buffer.concat([head, payload]));
}

function failure(error, type) {
  const known = error instanceof Error;
  const fields = {
    errorType: type || (known ? error.name : typeof error),
    errorMessage: known ? error.message : String(error),
    trace: known && error.stack ? error.stack.split('\n') : [],
  };
  console.error('ERROR', 'Invoke Error', JSON.stringify(fields));
  return fields;
}

async function load() {
  const name = env._HANDLER;
  const dot = name.lastIndexOf('.');
  const base = path.resolve(env.LAMBDA_TASK_ROOT, name.slice(0, dot));
  const file = ['.js', '.cjs', '.mjs'].map((end) => base + end).find((f) => fs.existsSync(f));
  if (!file) throw Object.assign(new Error(`Cannot find module '${name.slice(0, dot)}'`), { kind: 'Runtime.ImportModuleError' });
  const module = file.endsWith('.mjs') ? await import(pathToFileURL(file)) : require(file);
  const handler = module[name.slice(dot + 1)];
  if (typeof handler !== 'function') {
    throw Object.assign(new Error(`${name} is undefined or not exported`), { kind: 'Runtime.HandlerNotFound' });
  }
  return handler;
}

function contextOf(call) {
  return {
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    invokedFunctionArn: env.LOCALAWS_FUNCTION_ARN,
    awsRequestId: call.requestId,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, Math.round(call.deadlineMs - Date.now())),
  };
}

function run(handler, call) {
  return new Promise((resolve, reject) => {
    const callback = (error, result) => (error ? reject(error) : resolve(result));
    const returned = handler(call.event, contextOf(call), callback);
    if (returned && typeof returned.then === 'function') returned.then(resolve, reject);
    else if (handler.length < 3) resolve(returned);
  });
}

function answer(kind, value) {
  // ends this call's lines in the log pipe, so it must be written before the answer is
  process.stdout.write('\0\n', () => send(kind, value));
}

async function main() {
  let handler;
  try {
    handler = await load();
  } catch (error) {
    send('E', failure(error, error && error.kind));
    return;
  }
  process.on('unhandledRejection', (error) => {
    failure(error, 'Runtime.UnhandledPromiseRejection');
    process.exit(128);
  });
  let received = Buffer.alloc(0);
  channel.on('end', () => process.exit(0));
  channel.on('data', (data) => {
    received = Buffer.concat([received, data]);
    if (received.length < 5 || received.length < 5 + received.readUInt32BE(1)) return;
    const call = JSON.parse(received.subarray(5).toString());
    received = Buffer.alloc(0);
    Promise.resolve().then(() => run(handler, call)).then(
      (result) => answer('R', result),
      (error) => answer('E', failure(error)),
    );
  });
  send('I', {});
}
main();

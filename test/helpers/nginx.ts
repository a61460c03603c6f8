import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Keys } from './saml-idp'

const BINARY = '/usr/sbin/nginx'

export interface Nginx {
  stop(): Promise<void>
}

interface Setup {
  /** Its https port. */
  port: number
  /** The keys of `localhost`. */
  keys: Keys
  /** The ports of the instances, which get requests in turn. */
  instances: number[]
}

/** Starts nginx in front of several instances, on loopback, with its files in a temporary directory. */
export async function startNginx(setup: Setup): Promise<Nginx> {
  if (!existsSync(BINARY)) throw new Error(`these tests need nginx at ${BINARY}: apt-get install nginx`)
  const folder = mkdtempSync(join(tmpdir(), 'nginx-'))
  const file = (name: string, content: string): string => {
    writeFileSync(join(folder, name), content, { mode: 0o600 })
    return join(folder, name)
  }
  const log = join(folder, 'error.log')
  file('cert.pem', setup.keys.cert)
  file('key.pem', setup.keys.key)
  const child = spawn(BINARY, ['-p', folder, '-e', log, '-c', file('nginx.conf', configuration(setup))], {
    stdio: 'ignore',
  })
  const exit = once(child, 'exit')
  const stop = async (): Promise<void> => {
    child.kill()
    await exit
    rmSync(folder, { recursive: true })
  }
  for (let attempt = 0; !(await listens(setup.port)); attempt++) {
    if (attempt > 100) {
      const said = readFileSync(log, 'utf8')
      await stop()
      throw new Error(`nginx does not listen: ${said}`)
    }
    await wait(50)
  }
  return { stop }
}

/**
 * One process without a master, so that it ends with its pid. If an instance has seen any part of a request, only an
 * idempotent request goes to the next one, never a POST.
 */
const configuration = ({ port, instances }: Setup): string => `
daemon off;
master_process off;
pid nginx.pid;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  upstream app {
${instances.map((one) => `    server 127.0.0.1:${one} max_fails=1 fail_timeout=1s;`).join('\n')}
  }
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate cert.pem;
    ssl_certificate_key key.pem;
    location / {
      proxy_pass http://app;
      proxy_next_upstream error timeout;
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
      add_header X-Upstream $upstream_addr always;
    }
  }
}
`

async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

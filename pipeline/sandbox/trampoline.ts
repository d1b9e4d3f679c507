/**
 * A program of some hundred bytes that the kernel starts in the place of a foreign one, by binfmt_misc: it starts the native
 * equal by the native loader. It is made here since the file that binfmt_misc names gets no arguments of its own.
 */
import type { Architecture } from '../../artifacts/platform/architecture.js';
import { staticProgram } from './foreign-elf.js';

/** The one architecture that the code below is of. */
export const TRAMPOLINES_OF: Architecture = 'amd64';

/** What is started: all paths are absolute where it runs. */
export interface Start {
  /** ld.so(8). */
  readonly loader: string;
  readonly libraries: readonly string[];
  readonly program: string;
  /** Before the arguments of the foreign program. */
  readonly options: readonly string[];
}

/**
 * With the flag P binfmt_misc starts it with the arguments `trampoline, path of the foreign program, its argv[0], its arguments`. In their
 * place come `loader --argv0 its argv[0] --library-path … program options, its arguments`, and the environment stays. What
 * cannot be started ends with exit code 126, as a shell has it.
 */
export function trampoline({ loader, libraries, program, options }: Start): Buffer {
  return staticProgram(TRAMPOLINES_OF, (address) => {
    const code = new Code();
    code.add(0x48, 0x8b, 0x04, 0x24); // mov rax, [rsp]: argc
    code.add(0x48, 0x8d, 0x54, 0xc4, 0x10); // lea rdx, [rsp + 8 * rax + 16]: envp
    code.add(0x48, 0x8b, 0x4c, 0x24, 0x18); // mov rcx, [rsp + 24]: the foreign argv[0]
    code.add(0x48, 0x83, 0xc4, 0x20); // add rsp, 32: the first of its arguments
    for (const word of [...options].reverse()) code.push(word);
    code.push(program);
    code.push(libraries.join(':'));
    code.push('--library-path');
    code.add(0x51); // push rcx
    code.push('--argv0');
    code.push(loader);
    code.add(0x48, 0x8b, 0x3c, 0x24); // mov rdi, [rsp]: the loader
    code.add(0x48, 0x89, 0xe6); // mov rsi, rsp: argv
    code.add(0xb8, 59, 0, 0, 0, 0x0f, 0x05); // mov eax, execve; syscall
    code.add(0xbf, 126, 0, 0, 0, 0xb8, 60, 0, 0, 0, 0x0f, 0x05); // mov edi, 126; mov eax, exit; syscall
    return code.at(address);
  });
}

/** Instructions, with the texts that they point at behind them. */
class Code {
  readonly #bytes: number[] = [];
  readonly #texts: { readonly place: number; readonly text: string }[] = [];

  add(...bytes: readonly number[]): void {
    this.#bytes.push(...bytes);
  }

  /** push imm32, the address of a text. */
  push(text: string): void {
    this.add(0x68);
    this.#texts.push({ place: this.#bytes.length, text });
    this.add(0, 0, 0, 0);
  }

  at(address: number): Buffer {
    const texts = this.#texts.map(({ text }) => Buffer.from(`${text}\0`));
    const code = Buffer.from(this.#bytes);
    let next = address + code.length;
    this.#texts.forEach(({ place }, index) => {
      code.writeUInt32LE(next, place);
      next += texts[index]?.length ?? 0;
    });
    return Buffer.concat([code, ...texts]);
  }
}

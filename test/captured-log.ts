import type { LoggerService } from '@nestjs/common';

/** Every line that was logged. */
export class CapturedLog implements LoggerService {
  readonly lines: { level: string; text: string }[] = [];
  readonly log = this.at('info');
  readonly warn = this.at('warn');
  readonly error = this.at('error');
  readonly debug = this.at('debug');

  private at(level: string) {
    return (...params: unknown[]): void =>
      void this.lines.push({ level, text: params.map((each) => JSON.stringify(each)).join(' ') });
  }
}

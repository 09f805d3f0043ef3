/**
 * A frame that can't be read. The message names what is wrong and where, and never quotes the frame, which may hold
 * credentials.
 */
export class FrameError extends Error {
  override readonly name = 'FrameError';
}

import { gzipSync } from "node:zlib";

/** EC2's limit for user data before base64. Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html */
export const maxUserDataBytes = 16 * 1024;

/**
 * User data for a launch template: compressed, which cloud-init undoes, and in base64. The same script gives the same
 * text on every machine, so that no preview shows a change where there is none.
 * @throws RangeError when more than EC2 takes
 */
export function packUserData(script: string): string {
  const packed = gzipSync(script, { level: 9 });
  // Byte 9 names the operating system that compressed.
  packed[9] = 255;
  if (packed.length > maxUserDataBytes) {
    throw new RangeError(
      `the user data is ${packed.length} bytes when compressed, and EC2 takes ${maxUserDataBytes}; ` +
        "shorten the values, or move files into the AMI or a bucket",
    );
  }
  return packed.toString("base64");
}

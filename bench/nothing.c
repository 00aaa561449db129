/* SPDX-License-Identifier: Apache-2.0
 *
 * A program that does nothing: what is left of launching it is launching. */
int main(void) { return 0; }

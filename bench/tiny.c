/* The program that is started where starting is measured. */
int main(void)
{
	return 0;
}

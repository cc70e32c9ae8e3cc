return await Anvil.Cli.AnvilCommand.Build(TimeProvider.System).Parse(args).InvokeAsync();

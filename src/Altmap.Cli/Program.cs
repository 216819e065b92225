using Altmap.Cli;

using CliHost host = CliHost.OfProcess();
return AltmapCommand.Run(args, host);

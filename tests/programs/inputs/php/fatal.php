<?php
echo "before\n";
throw new Exception('nobody catches this');
